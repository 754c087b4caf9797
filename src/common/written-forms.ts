/**
 * A text as it stands in logs: itself, without blanks at its end, quoted or escaped for JSON, HCL, a shell or a URL, and
 * encoded in base64 or hexadecimal digits.
 */
export function writtenForms(text: string): ReadonlySet<string> {
  const forms = [...new Set([text, text.trim()])];
  return new Set(forms.flatMap((form) => [...quotedForms(form), ...urlForms(form), ...encodedForms(form)]));
}

/** How a quote stands inside quotes of a shell: our way, and Packer's. */
const SHELL_QUOTES = ["'\\''", `'"'"'`];

/** Inside quotes. A line of a shell may be quoted once more: `chroot / sh -c 'TOKEN='...` is shown as one. */
function quotedForms(text: string): readonly string[] {
  const json = JSON.stringify(text).slice(1, -1);
  // Go's JSON, and so Packer's and HCL's, is safe inside HTML.
  const goJson = json.replace(/[<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
  const shell = SHELL_QUOTES.map((quote) => text.replaceAll("'", quote));
  const shellTwice = shell.map((quoted) => quoted.replaceAll("'", "'\\''"));
  return [text, json, goJson, json.replace(/[$%](?=\{)/g, "$&$&"), ...shell, ...shellTwice];
}

function urlForms(text: string): readonly string[] {
  // A lone half of a character is none in a URL.
  const url = encodeURIComponent(Buffer.from(text).toString());
  const strict = url.replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  return [url, strict, strict.replaceAll("%20", "+")];
}

/** The lines that `base64` of a shell makes of a longer text; a last one of a few characters says too little. */
const BASE64_LINES = /.{16,76}/g;

/** Encoded as a whole, or as a line; the base64 that `echo` into `base64` gives ends in another way. */
function encodedForms(text: string): readonly string[] {
  const hex = Buffer.from(text).toString("hex");
  const base64 = [text, `${text}\n`].map((whole) => Buffer.from(whole).toString("base64").replace(/=+$/, ""));
  const base64Lines = base64.flatMap((whole) => whole.match(BASE64_LINES) ?? []);
  return [...base64, ...base64Lines, ...base64.map(urlSafe), hex, hex.toUpperCase()];
}

function urlSafe(base64: string): string {
  return base64.replaceAll("+", "-").replaceAll("/", "_");
}
