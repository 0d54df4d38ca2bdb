// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { Failure_FULL, fail } from './failure';
import { conflict, copyLabel, eventAt, OTHERS, TID } from './event';
import { NODES, NODES_MAX, SEQUENCE } from './map';

/**
 * Wakeup trees: ordered trees of events to be explored after a prefix, such that no exploration that begins with a
 * branch of one ends with nothing but sleeping threads. Abdulla, Aronis, Jonsson, Sagonas, "Optimal Dynamic Partial
 * Order Reduction", POPL 2014, and "Source Sets", JACM 2017, section 6.
 *
 * A node: its event's label, then the first of its children and the next of its siblings, as indices; 0 is none.
 */

const NODE_BYTES: u32 = 32;
const CHILD: u32 = 24;
const NEXT: u32 = 28;

let used: u32 = 1;
let free: u32 = 0;

export function resetTrees(): void {
  used = 1;
  free = 0;
}

@inline function nodeAt(node: u32): u32 {
  return NODES + node * NODE_BYTES;
}

@inline export function nodeThread(node: u32): u32 {
  return load<u8>(nodeAt(node), TID);
}

@inline export function firstChild(node: u32): u32 {
  return load<u32>(nodeAt(node), CHILD);
}

@inline export function nextSibling(node: u32): u32 {
  return load<u32>(nodeAt(node), NEXT);
}

/** Gives a node back, though not its children. */
export function freeNode(node: u32): void {
  store<u32>(nodeAt(node), free, NEXT);
  free = node;
}

function newNode(label: u32): u32 {
  let node = free;
  if (node != 0) free = nextSibling(node);
  else {
    if (used >= NODES_MAX) fail(Failure_FULL);
    node = used++;
  }
  const at = nodeAt(node);
  copyLabel(at, label);
  store<u32>(at, 0, CHILD);
  store<u32>(at, 0, NEXT);
  return node;
}

/** The sequence to be inserted: pointers to events in their order, 0 for those that the tree has already. */
let length: u32 = 0;

export function startSequence(): void {
  length = 0;
}

@inline export function append(label: u32): void {
  store<u32>(SEQUENCE + length++ * 4, label);
}

@inline export function sequenceLength(): u32 {
  return length;
}

@inline export function sequenceAt(i: u32): u32 {
  return load<u32>(SEQUENCE + i * 4);
}

/**
 * Is the label's thread a weak initial of the sequence: is its event there with nothing in front that it depends on, or
 * does it depend on none of them? Returns the event's place, the length if it is not there, or -1.
 */
export function weakInitial(label: u32): i32 {
  const thread = load<u8>(label, TID);
  for (let i: u32 = 0; i < length; i++) {
    const event = sequenceAt(i);
    if (event == 0) continue;
    if (load<u8>(event, TID) == thread) return i;
    if (conflict(label, event)) return -1;
  }
  return length;
}

/**
 * Inserts the sequence into the tree of what else is to be explored at a depth. Returns which of its events stands for
 * it at the tree's root, or 0 where one does that is not in it.
 */
export function insert(depth: u32): u32 {
  let link = eventAt(depth) + OTHERS;
  let witness: u32 = 0;
  let atRoot = true;
  for (;;) {
    let node = load<u32>(link);
    while (node != 0) {
      const place = weakInitial(nodeAt(node));
      if (place >= 0) {
        if (<u32>place < length) {
          if (atRoot) witness = sequenceAt(place);
          store<u32>(SEQUENCE + place * 4, 0);
        }
        atRoot = false;
        break;
      }
      link = nodeAt(node) + NEXT;
      node = load<u32>(link);
    }
    if (node == 0) break;
    // A leaf leaves open what comes behind it, so that the sequence is covered.
    if (firstChild(node) == 0) return witness;
    link = nodeAt(node) + CHILD;
  }
  for (let i: u32 = 0; i < length; i++) {
    const event = sequenceAt(i);
    if (event == 0) continue;
    const node = newNode(event);
    store<u32>(link, node);
    link = nodeAt(node) + CHILD;
    if (atRoot) witness = event;
    atRoot = false;
  }
  return witness;
}
