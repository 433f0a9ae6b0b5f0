/** The version of this program: set by the build; `development` when run from source. */
declare const SALLYPORT_VERSION: string | undefined;

export const version: string = typeof SALLYPORT_VERSION === "string" ? SALLYPORT_VERSION : "development";
