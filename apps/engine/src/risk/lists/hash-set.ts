const shardBits = 6;
const shardCount = 1 << shardBits;
const shardShift = 32 - shardBits;
const random32 = () => Math.floor(Math.random() * 2 ** 32);

/**
 * A set of 64-bit hashes of texts: some 17 bytes for each, and no object per member. It may say that it has a text
 * that it has not (two texts with one hash, about one in 2^44 at a million members), never the other way round. Open
 * addressing with linear probing, cut into shards so that growing one never takes long. Nothing is ever taken out.
 */
export class HashSet64 {
  readonly #shards: Shard[] = Array.from({ length: shardCount }, () => new Shard());
  // Of this process alone, so that nobody can prepare texts that collide.
  readonly #seedA: number;
  readonly #seedB: number;
  #size = 0;
  #hi = 0;
  #lo = 0;

  constructor(seed: readonly [number, number] = [random32(), random32()]) {
    [this.#seedA, this.#seedB] = seed;
  }

  /** @returns whether the hash is new */
  add(text: string): boolean {
    this.#hash(text);
    const isNew = this.#shard().add(this.#hi, this.#lo);
    if (isNew) this.#size++;
    return isNew;
  }

  mayHave(text: string): boolean {
    this.#hash(text);
    return this.#shard().has(this.#hi, this.#lo);
  }

  get size(): number {
    return this.#size;
  }

  /** Bytes of the tables. */
  get bytes(): number {
    return this.#shards.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  #shard(): Shard {
    return this.#shards[this.#hi >>> shardShift] as Shard;
  }

  // cyrb53 by bryc (public domain), with both 32-bit lanes kept whole.
  #hash(text: string): void {
    let a = 0xdeadbeef ^ this.#seedA;
    let b = 0x41c6ce57 ^ this.#seedB;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      a = Math.imul(a ^ unit, 2654435761);
      b = Math.imul(b ^ unit, 1597334677);
    }
    a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
    b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
    this.#hi = b >>> 0;
    // 0/0 marks an empty place.
    this.#lo = (a === 0 && b === 0 ? 1 : a) >>> 0;
  }
}

/** One open-addressing table of (hi, lo) pairs; places are chosen by `lo`. */
class Shard {
  #places = new Uint32Array(2 * 16);
  #mask = 15;
  #used = 0;

  get bytes(): number {
    return this.#places.byteLength;
  }

  has(hi: number, lo: number): boolean {
    const at = this.#find(hi, lo) * 2;
    return this.#places[at] !== 0 || this.#places[at + 1] !== 0;
  }

  add(hi: number, lo: number): boolean {
    const at = this.#find(hi, lo) * 2;
    if (this.#places[at] !== 0 || this.#places[at + 1] !== 0) return false;
    this.#places[at] = hi;
    this.#places[at + 1] = lo;
    this.#used++;
    if (this.#used * 5 > (this.#mask + 1) * 3) this.#grow();
    return true;
  }

  /** The place of a pair, or the empty one where it would go. */
  #find(hi: number, lo: number): number {
    let place = lo & this.#mask;
    for (;;) {
      const h = this.#places[place * 2];
      const l = this.#places[place * 2 + 1];
      if ((h === hi && l === lo) || (h === 0 && l === 0)) return place;
      place = (place + 1) & this.#mask;
    }
  }

  #grow(): void {
    const before = this.#places;
    this.#mask = this.#mask * 2 + 1;
    this.#places = new Uint32Array(2 * (this.#mask + 1));
    for (let i = 0; i < before.length; i += 2) {
      const [hi = 0, lo = 0] = [before[i], before[i + 1]];
      if (hi === 0 && lo === 0) continue;
      const at = this.#find(hi, lo) * 2;
      this.#places[at] = hi;
      this.#places[at + 1] = lo;
    }
  }
}
