// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/**
 * Programs that wait by looking again, as steps written down by hand: what they can come to is found by going through
 * all states that there are.
 */

/** Variables by name, all numbers. */
export type Variables = Record<string, number>;

/**
 * A step, with all that it reads and writes of what is shared, in one: of the shared variables, and of its actor's own.
 * It says which step of the actor comes next, if that is not the one behind it; `end`: none.
 */
export type ModelStep = (shared: Variables, own: Variables) => string | undefined;

/** An actor's steps by name, in their order. */
export type ModelActor = Readonly<Record<string, ModelStep>>;

export interface Model {
  readonly shared: Variables;
  readonly actors: readonly ModelActor[];
  /** What is observed at the end, of the shared variables and of each actor's own. */
  observe(shared: Variables, own: readonly Variables[]): readonly number[];
}

export interface Modelled {
  /** What is observed, where all actors come to an end, in order. */
  readonly ends: readonly string[];
  /** May they come to where there is no way to an end any more? */
  readonly livelock: boolean;
}

interface State {
  readonly shared: Variables;
  readonly own: readonly Variables[];
  /** Which step an actor is at; one behind the last: it is done. */
  readonly at: readonly number[];
}

export function modelled({ shared, actors, observe }: Model): Modelled {
  const steps = actors.map((actor) => Object.entries(actor));
  const ends = new Set<string>();
  const before = new Map<string, string[]>();
  const ended: string[] = [];

  const start: State = { shared, own: actors.map(() => ({})), at: actors.map(() => 0) };
  before.set(JSON.stringify(start), []);
  const left = [start];
  for (let state = left.pop(); state !== undefined; state = left.pop()) {
    const name = JSON.stringify(state);
    if (state.at.every((at, actor) => at === steps[actor]!.length)) {
      ends.add(observe(state.shared, state.own).join(' '));
      ended.push(name);
    }
    for (const actor of actors.keys()) {
      const after = afterStep(steps[actor]!, state, actor);
      if (after === null) continue;
      const next = JSON.stringify(after);
      const known = before.get(next);
      known?.push(name);
      if (known !== undefined) continue;
      before.set(next, [name]);
      left.push(after);
    }
  }

  const ending = new Set(ended);
  for (let name = ended.pop(); name !== undefined; name = ended.pop())
    for (const earlier of before.get(name)!)
      if (!ending.has(earlier)) {
        ending.add(earlier);
        ended.push(earlier);
      }
  return { ends: [...ends].sort(), livelock: ending.size < before.size };
}

function afterStep(steps: readonly [string, ModelStep][], state: State, actor: number): State | null {
  const step = steps[state.at[actor]!];
  if (step === undefined) return null;
  const shared = { ...state.shared };
  const own = { ...state.own[actor]! };
  const to = step[1](shared, own);
  const next =
    to === undefined
      ? state.at[actor]! + 1
      : to === 'end'
        ? steps.length
        : steps.findIndex(([name]) => name === to);
  return { shared, own: state.own.with(actor, own), at: state.at.with(actor, next) };
}
