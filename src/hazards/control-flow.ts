// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Block, IrFunction } from './ir/operations.js';

/** Parameters that a function compares, or switches by, as they were given to it. */
export function decidingParameters({ parameters, blocks }: IrFunction): ReadonlySet<number> {
  const once = storedOnce(blocks);
  const index = new Map(parameters.map((name, i) => [name, i]));
  const deciding = new Set<number>();
  for (const { instructions, ending } of blocks) {
    for (const { operation } of instructions) {
      const from = (operand: string) => index.get(operand);
      if (operation.kind === 'store' && once.has(operation.address)) {
        const stored = from(operation.value);
        if (stored !== undefined) index.set(operation.address, stored);
      } else if (operation.kind === 'load' || operation.kind === 'same') {
        const value = from(operation.kind === 'load' ? operation.address : operation.value);
        if (value !== undefined) index.set(operation.result, value);
      } else if (operation.kind === 'compare') {
        const compared = from(operation.left);
        if (compared !== undefined) deciding.add(compared);
      }
    }
    const switched = ending.kind === 'switch' ? index.get(ending.value) : undefined;
    if (switched !== undefined) deciding.add(switched);
  }
  return deciding;
}

/** Where a block may go on. */
export function targetsOf(ending: Block['ending']): readonly string[] {
  if (ending.kind === 'jump') return ending.to;
  if (ending.kind === 'switch') return [...ending.cases.map(([, to]) => to), ending.otherwise];
  return ending.kind === 'branch' ? [ending.yes, ending.no] : [];
}

/** Blocks that some way leads to, each before those that it leads to but for loops. */
export function reversePostorder(blocks: readonly Block[]): Block[] {
  const byName = new Map(blocks.map((block) => [block.name, block]));
  const seen = new Set<string>();
  const order: Block[] = [];
  const stack: { block: Block; next: number }[] = [];
  const open = (name: string | undefined) => {
    const block = name === undefined ? undefined : byName.get(name);
    if (block === undefined || seen.has(block.name)) return;
    seen.add(block.name);
    stack.push({ block, next: 0 });
  };
  open(blocks[0]?.name);
  while (stack.length > 0) {
    const top = stack.at(-1)!;
    const targets = targetsOf(top.block.ending);
    if (top.next < targets.length) open(targets[top.next++]);
    else order.push(stack.pop()!.block);
  }
  return order.reverse();
}

/** Local variables that one instruction stores to, and others load alone. */
export function storedOnce(blocks: readonly Block[]): ReadonlySet<string> {
  const variables = new Set<string>();
  const stores = new Map<string, number>();
  const escaping = new Set<string>();
  const used = (operand: string) => escaping.add(operand);
  for (const { operation } of blocks.flatMap(({ instructions }) => instructions)) {
    switch (operation.kind) {
      case 'alloca':
        variables.add(operation.result);
        break;
      case 'load':
        break;
      case 'store':
        stores.set(operation.address, (stores.get(operation.address) ?? 0) + 1);
        used(operation.value);
        break;
      case 'element':
        used(operation.base);
        break;
      case 'call':
        if (!operation.callee.startsWith('@llvm.lifetime')) operation.args.forEach(used);
        break;
      case 'same':
      case 'not':
        used(operation.value);
        break;
      case 'phi':
        for (const [operand] of operation.from) used(operand);
        break;
      case 'select':
        operation.either.forEach(used);
        break;
      default:
    }
  }
  return new Set([...variables].filter((name) => !escaping.has(name) && (stores.get(name) ?? 0) <= 1));
}
