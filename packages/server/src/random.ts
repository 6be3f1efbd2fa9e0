/** A seedable source of numbers in [0, 1). */
export interface Random {
  next(): number;
  /** Starts the sequence of a seed; without one, of a fresh unpredictable seed. */
  seed(seed?: number): void;
}

/** sfc32 (Chris Doty-Humphrey, PractRand): 128 bits of state, one of the fastest generators of its quality. */
export function openRandom(): Random {
  let seeded = false; // many environments never ask for a number
  let a = 0;
  let b = 0;
  let c = 0;
  let counter = 1;

  function nextWord(): number {
    const word = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + word;
    return word >>> 0;
  }

  function start(first: number, second: number, third: number): void {
    [a, b, c, counter] = [first, second, third, 1];
    for (let round = 0; round < 12; round++) nextWord(); // spreads close seeds apart
    seeded = true;
  }

  return {
    next() {
      if (!seeded) {
        const [first = 0, second = 0, third = 0] = crypto.getRandomValues(new Uint32Array(3));
        start(first, second, third);
      }
      return nextWord() / 2 ** 32;
    },
    seed(seed) {
      if (seed === undefined) seeded = false;
      else start(seed >= 0 ? 0 : 1, Math.abs(seed) >>> 0, Math.floor(Math.abs(seed) / 2 ** 32));
    },
  };
}
