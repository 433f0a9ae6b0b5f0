/** Reviews of every kind, with what the right answer says; and connections that ask one after the other. */
import { connect, type TLSSocket } from "node:tls";
import { signedImage } from "./admission-images.ts";
import { reviewBody, requestOf } from "./admission-reviews.ts";
import { images } from "./admission-warm.ts";

export interface SoakReview {
  readonly name: string;
  readonly bytes: Buffer;
  readonly isRight: (answer: string) => boolean;
}

/** Images of which the policy says now this, now that; nobody signed them. */
export const editedImage = "registry.example.com/edited/app:1";

/** The policy of {@link fillSigned}, which passes over those images, or not. */
export const editedPolicy = (policy: string, skips: boolean): string =>
  skips
    ? policy.replace(/^( *)- imageReferences:.*$/m, '$&\n$1  skipImageReferences: ["registry.example.com/edited/*"]')
    : policy;

/** Which of the two policies has decided about {@link editedImage}; absent: neither. */
export function skippedBy(answer: string): boolean | undefined {
  if (answer.includes('"allowed":true')) return true;
  return answer.includes('"allowed":false') && answer.includes("image-not-found") ? false : undefined;
}

export const editedReview = (): Buffer => requestOf(reviewBody({ index: 0, images: [editedImage] }), "/mutate/fail");

/** In an order in which every kind comes often. */
export function mixedReviews(): readonly SoakReview[] {
  const review = (index: number, image: string, edit: (body: string) => string = (body) => body): Buffer =>
    requestOf(edit(reviewBody({ index, images: [image, signedImage(index % images)] })), "/mutate/fail");
  const says =
    (...texts: readonly string[]) =>
    (answer: string): boolean =>
      texts.every((text) => answer.includes(text));
  const update = (body: string): string => {
    const review = JSON.parse(body) as { request: { operation: string; object: object; oldObject: object } };
    review.request.operation = "UPDATE";
    review.request.oldObject = review.request.object;
    return JSON.stringify(review);
  };
  const deep = `${"[".repeat(200)}${"]".repeat(200)}`;
  return Array.from({ length: 1024 }, (_, index): SoakReview => {
    const image = signedImage((index * 7) % images);
    switch (index % 16) {
      case 3:
        return {
          name: "an image that nobody signed",
          bytes: review(index, `registry.example.com/shop/app-${index}-unsigned:1`),
          isRight: says('"allowed":false', "image-not-found"),
        };
      case 6:
        return {
          name: "an update that changes no image",
          bytes: review(index, image, update),
          isRight: (answer) => answer.includes('"allowed":true') && !answer.includes('"patch"'),
        };
      case 9:
        return {
          name: "an object that is too deep",
          bytes: review(index, image, (body) => body.replace('"status":{}', `"status":{"x":${deep}}`)),
          isRight: says('"allowed":false', "over-limit"),
        };
      case 12:
        return { name: "no JSON", bytes: requestOf("{", "/mutate/fail"), isRight: says("HTTP/1.1 400", "malformed") };
      case 14:
        return {
          name: "an image of which the policy is edited",
          bytes: requestOf(reviewBody({ index, images: [editedImage] }), "/mutate/fail"),
          isRight: (answer) => skippedBy(answer) !== undefined,
        };
      default:
        return {
          name: "signed images",
          bytes: review(index, image),
          isRight: says('"allowed":true', '"patch"'),
        };
    }
  });
}

export const openConnection = (port: number): Promise<TLSSocket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false }, () => resolve(socket));
    socket.once("error", reject);
  });

/** A whole answer, by its length. */
export function exchange(socket: TLSSocket, request: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const end = (act: () => void): void => {
      socket.off("data", take);
      socket.off("close", closed);
      act();
    };
    const closed = (): void => end(() => reject(new Error("the server closed the connection before it answered")));
    const take = (piece: Buffer): void => {
      text += piece.toString("latin1");
      const head = text.indexOf("\r\n\r\n");
      const [, length] = /content-length: (\d+)/i.exec(text.slice(0, Math.max(0, head))) ?? [];
      if (length !== undefined && text.length >= head + 4 + Number(length)) end(() => resolve(text));
    };
    socket.on("data", take);
    socket.once("close", closed);
    socket.write(request);
  });
}
