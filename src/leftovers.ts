// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/**
 * Files and directories that must not outlive the process: those that are made beside their place before they are
 * moved into it, and temporary ones. The code that makes one removes it; where that cannot be waited for (an interruption,
 * a thread without memory), the listener does.
 */
type Listener = (path: string, there: boolean) => void;

let listener: Listener = () => {};

/** From here on, `heard` is called with each path that may exist (`true`), and again once it does not (`false`). */
export function onLeftovers(heard: Listener): void {
  listener = heard;
}

/** To be called before `path` is made. Returns what is to be called once it is gone, or has become what it was made for. */
export function leftover(path: string): () => void {
  listener(path, true);
  return () => listener(path, false);
}
