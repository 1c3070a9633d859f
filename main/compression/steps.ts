// Progress over work whose end moves: what is found on the way may ask for more.
import type { Progress } from "../../preload/contract/index.ts";

export class Steps {
  private done = 0;
  private total: number;
  private readonly began = performance.now();
  private readonly onProgress: (progress: Progress) => void;

  constructor(total: number, onProgress: (progress: Progress) => void) {
    this.total = total;
    this.onProgress = onProgress;
  }

  expect(more: number): void {
    this.total += more;
  }

  add(count: number, note: string): void {
    this.done += count;
    // Repairs take as long as they take: what was not expected is work that is done.
    this.total = Math.max(this.total, this.done);
    const share = this.done / this.total;
    const seconds = (performance.now() - this.began) / 1000;
    const secondsLeft = share > 0.2 ? (seconds / share) * (1 - share) : null;
    this.onProgress({ done: this.done, total: this.total, unit: "images", secondsLeft, note });
  }
}
