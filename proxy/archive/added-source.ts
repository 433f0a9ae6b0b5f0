/** How a mirror says that an answer was brought in by hand, and not asked for. Source: docs/spec/offline.md#mirror. */

const ofLayout = "layout ";

/** The source of what a layout holds. */
export const addedFrom = (name: string): string => `${ofLayout}${name}`;

/** Whether what such a source gave was added. No host's name has a space in it. */
export const isAddedFrom = (source: string): boolean => source.startsWith(ofLayout);
