/**
 * An image list as it was read: what a sync takes in, whatever the list was written in. Source:
 * docs/spec/offline.md#sync.
 */

/** What a list says of one of its entries. */
export interface ListSettings {
  /** Nobody signs it: that its signatures are missing is not a gap of the coverage. */
  readonly expect?: "unsigned";
  /** Its tags never move: what the mirror knows of them is not asked again. */
  readonly refresh?: "never";
  /** Whether what hangs on the platform manifests of an index is taken. Default: yes. */
  readonly children?: boolean;
}

export interface ListedImage extends ListSettings {
  readonly reference: string;
  /** `file:line`, or what named it. */
  readonly from: string;
}

/** A repository of which tags are taken: by glob, by semver range, or all. */
export interface ListedTags extends ListSettings {
  readonly repository: string;
  readonly tags: { readonly glob: string } | { readonly range: string } | "all";
  readonly from: string;
}

export interface ImageList {
  readonly images: readonly ListedImage[];
  readonly tags: readonly ListedTags[];
  /** What a person should know of the list: what in it was not read. */
  readonly notes: readonly string[];
}
