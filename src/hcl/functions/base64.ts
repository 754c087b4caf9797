const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Decodes standard base64 with its padding, as Go does: line ends are ignored, anything else is refused with undefined. */
export function decodeBase64(text: string): Buffer | undefined {
  const digits = text.replace(/[\r\n]/g, "");
  return digits.length % 4 === 0 && BASE64.test(digits) ? Buffer.from(digits, "base64") : undefined;
}
