/** What is to be mirrored: images and repositories, each with who named it. Source: docs/spec/image-lists.md. */

export interface ListSettings {
  /** Nobody signs it: a missing signature is no gap. */
  readonly expect?: "unsigned";
  /** Its tags never move: once known, they are not asked again. */
  readonly refresh?: "never";
  /** Whether signatures on platform manifests are fetched too; absent: for an index they are. */
  readonly children?: boolean;
}

export interface ListedImage extends ListSettings {
  /** With registry and tag or digest, as policies see it. */
  readonly reference: string;
  /** `FILE:LINE` of the first that named it. */
  readonly from: string;
}

/** A repository of which tags are taken. */
export interface ListedTags extends ListSettings {
  readonly repository: string;
  readonly tags: { readonly glob: string } | { readonly range: string } | "all";
  readonly from: string;
}

export interface ImageList {
  readonly images: readonly ListedImage[];
  readonly tags: readonly ListedTags[];
  /** What the files hold besides, and why it is not in the list. */
  readonly notes: readonly string[];
}
