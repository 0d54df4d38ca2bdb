// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type Actor, call, returned, scenario, subject } from 'lostbit';

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'];

/** So many tasks, each on a processor of its own, of which there are eight. */
const tasks = (count: number) =>
  scenario({
    title: `${count} tasks count how often they were on their processors`,
    actors: Object.fromEntries(
      names.slice(0, count).map((name): [string, Actor] => [name, [call('counts')]]),
    ),
    observe: { first: returned('a', 0), last: returned(names[count - 1]!, 0) },
    outcomes: [{ when: { first: 1, last: 1 }, grade: 'acceptable', note: 'each on its own' }],
    expect: 'holds',
  });

export default subject({
  title: 'More tasks than processors',
  source: './processor.c',
  scenarios: { eight: tasks(8), nine: tasks(9) },
});
