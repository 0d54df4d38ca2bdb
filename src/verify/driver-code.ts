// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { CodeFrame } from '../layout/code-map.js';
import { ownPath } from '../source/own-path.js';

/**
 * Is a call in the code that is tested? The stub kernel, its headers, the lab, and the ops and models of an embedded
 * subject are not.
 */
export const isDriver = ({ file }: Pick<CodeFrame, 'file'>): boolean =>
  file !== null && !/^(?:kernel|include|lab|subjects)\//.test(ownPath(file));

/** The innermost call in the code that is tested. */
export const driverCall = (stack: readonly CodeFrame[]): CodeFrame | undefined => stack.find(isDriver);
