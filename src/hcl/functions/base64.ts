const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Decodes standard base64 with its padding, as Go does: line ends are ignored, anything else is refused with undefined. */
export function decodeBase64(text: string): Buffer | undefined {
  const digits = text.replace(/[\r\n]/g, "");
  return BASE64.test(digits) ? Buffer.from(digits, "base64") : undefined;
}

/** The text of bytes in UTF-8, or undefined when they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
