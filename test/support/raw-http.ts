/** Requests as bytes over a socket of loopback, and what came back until the other side closed. */
import { connect } from "node:net";

/** `bytes`: sent at once, piece by piece where there are several. */
export function sendRaw(port: number, ...bytes: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let got = "";
    const socket = connect(port, "127.0.0.1", () => {
      for (const piece of bytes) socket.write(piece);
    });
    socket.setEncoding("latin1");
    socket.on("data", (piece: string) => {
      got += piece;
    });
    socket.on("error", (error: NodeJS.ErrnoException) =>
      error.code === "ECONNRESET" || error.code === "EPIPE" ? resolve(got) : reject(error),
    );
    socket.on("close", () => resolve(got));
  });
}
