// Which cases make up each batch.
//
// Everything follows from (seed, epoch): a resumed run asks for the epoch it died in and goes on at the same batch. Every batch is full,
// so the graph sees one shape; what is missing at the end of an epoch is taken from the next round of the same shuffled list.
import { AppError } from "../../preload/contract/index.ts";
import { createRandom } from "../models/random.ts";

/** What chance is used for in the loop, so that no two uses share a stream. Initial weights have keys of two numbers, these have three. */
export const CHANCE = { order: 1, augmentation: 2, leftOut: 3 } as const;

export interface Sampler {
  readonly batchSize: number;
  readonly stepsPerEpoch: number;
  /** Case indices of one batch of one epoch, both from 0. */
  batch(epoch: number, index: number): Uint32Array;
}

/**
 * Shuffled batches over cases whose classes are `classIndex`. `balanced` fills each batch with the classes in turn, every class equally often
 * whatever its size: cases of a rare class come more than once in an epoch. An epoch is always about as many cases as there are.
 * A set smaller than `batchSize` makes one batch of its own size. Errors: snapshot/part-empty without cases.
 */
export function createSampler(
  classIndex: ArrayLike<number>,
  options: { batchSize: number; balanced: boolean; seed: number },
): Sampler {
  const count = classIndex.length;
  if (count === 0) throw new AppError("snapshot/part-empty", "There is no image in the training part.");
  const batchSize = Math.min(options.batchSize, count);
  const stepsPerEpoch = Math.ceil(count / batchSize);
  const groups = options.balanced ? membersOfEachClass(classIndex) : [Uint32Array.from({ length: count }, (_, i) => i)];

  let [orderedEpoch, order] = [-1, new Uint32Array(0)];
  const orderOf = (epoch: number): Uint32Array => {
    if (epoch === orderedEpoch) return order;
    const random = createRandom(options.seed, CHANCE.order, epoch);
    // Each group is dealt like a deck: shuffled, dealt to its end, shuffled again.
    const decks = groups.map((members) => ({ members: Uint32Array.from(members), next: members.length }));
    order = new Uint32Array(stepsPerEpoch * batchSize);
    // The class that comes first moves on with the epoch, so that none gains from batches that classes do not divide.
    for (let slot = 0; slot < order.length; slot++) {
      const deck = decks[(slot + epoch) % decks.length]!;
      if (deck.next === deck.members.length) {
        random.shuffle(deck.members);
        deck.next = 0;
      }
      order[slot] = deck.members[deck.next++]!;
    }
    orderedEpoch = epoch;
    return order;
  };
  return {
    batchSize,
    stepsPerEpoch,
    batch: (epoch, index) => orderOf(epoch).slice(index * batchSize, (index + 1) * batchSize),
  };
}

/** Classes without a case are left out. */
function membersOfEachClass(classIndex: ArrayLike<number>): Uint32Array[] {
  const members = new Map<number, number[]>();
  for (let i = 0; i < classIndex.length; i++) {
    const group = members.get(classIndex[i]!) ?? [];
    group.push(i);
    members.set(classIndex[i]!, group);
  }
  return [...members.keys()].sort((a, b) => a - b).map((key) => Uint32Array.from(members.get(key)!));
}
