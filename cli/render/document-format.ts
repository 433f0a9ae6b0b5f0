/** The formats of documents for machines: apart, so that who prints none loads none. */
const documentFormats = ["json", "yaml"] as const;
export type DocumentFormat = (typeof documentFormats)[number];

export const isDocumentFormat = (text: string | undefined): text is DocumentFormat =>
  documentFormats.includes(text as DocumentFormat);
