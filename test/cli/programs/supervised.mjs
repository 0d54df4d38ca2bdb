// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
// Runs a thread of programs/ as if it were the command line's.
import { supervise } from '../../../dist/src/cli/supervise.js';

supervise(new URL(`./${process.argv[2]}.mjs`, import.meta.url));
