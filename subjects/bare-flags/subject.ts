// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { subject } from '../../src/subject/subject.js';
import { scenarios } from './scenarios.js';

/** Flags with no driver around them: what a lost update is, and a measure of how fast races are. */
export default subject({
  title: 'flags of both kinds, with no driver around them',
  source: [{ from: '.', as: 'subjects/bare-flags' }],
  scenarios,
});
