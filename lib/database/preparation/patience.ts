import { passes, reason } from './mysql-server';

const PAUSE_MILLISECONDS = 5000;

/** How long the function works on one request, and what it was doing when that was over. */
export class Patience {
  private step = 'starting';
  private readonly ends: (() => void)[] = [];
  private readonly retryUntil: number;
  private over = false;

  /**
   * @param milliseconds for all
   * @param retrying so long what passes by itself is tried again
   */
  public constructor(private readonly milliseconds: number, retrying: number, private readonly pause = PAUSE_MILLISECONDS) {
    this.retryUntil = Date.now() + Math.min(milliseconds, retrying);
  }

  public tell(step: string): void {
    this.step = step;
    console.log(step);
  }

  /** What is to be done when the work is over, however it ends. */
  public onEnd(work: () => void): void {
    this.ends.push(work);
  }

  /** @throws what the work throws, or what was being done when the time was over */
  public async within(work: () => Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const end = new Promise<never>((_resolve, reject) => {
      const late = (): void => reject(new Error(`${Math.round(this.milliseconds / 1000)} s were not enough, the last step was: ${this.step}`));
      timer = setTimeout(late, this.milliseconds);
    });
    try {
      await Promise.race([work(), end]);
    } finally {
      clearTimeout(timer);
      this.over = true;
      this.ends.forEach(each => each());
    }
  }

  /** Tries again what passes by itself: all of it may run again. */
  public async until(attempt: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await attempt();
      } catch (problem) {
        if (this.over || !passes(problem)) throw problem;
        if (Date.now() + this.pause > this.retryUntil) {
          throw new Error(`the database server did not answer in time, the last step was: ${this.step}: ${reason(problem)}`);
        }
        console.log(`again in ${this.pause / 1000} s: ${reason(problem)}`);
        await new Promise(resolve => setTimeout(resolve, this.pause));
      }
    }
  }
}
