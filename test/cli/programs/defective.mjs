// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
// A command with a defect.
throw new Error('what is it \x1b[2J');
