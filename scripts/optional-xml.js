/** What CycloneDX writes XML with, where it is installed. We write JSON, and have it nowhere. */
export const optionalXml = "xmlbuilder2";
