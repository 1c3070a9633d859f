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
    const share = this.done / this.total;
    const seconds = (performance.now() - this.began) / 1000;
    const secondsLeft = share > 0.2 ? (seconds / share) * (1 - share) : null;
    const done = Math.min(this.done, this.total);
    this.onProgress({ done, total: this.total, unit: "images", secondsLeft, note });
  }
}
