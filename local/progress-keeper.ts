/** Looks at once; each reads a window of logs and a few documents. */
const LOOKS_AT_ONCE = 4;

/** Keeps the numbers of running jobs fresh, and takes them once more after a job has ended. */
export class ProgressKeeper {
  private followed = new Set<string>();
  private readonly ports: Readonly<{
    runningJobs: () => readonly string[];
    update: (jobId: string) => Promise<unknown>;
    onProblem: (problem: unknown) => void;
  }>;

  constructor(ports: ProgressKeeper['ports']) {
    this.ports = ports;
  }

  async look(): Promise<void> {
    const running = this.ports.runningJobs();
    const jobs = [...new Set([...running, ...this.followed])];
    this.followed = new Set(running);
    const next = async (): Promise<void> => {
      for (let jobId = jobs.shift(); jobId !== undefined; jobId = jobs.shift()) {
        await this.ports.update(jobId).catch(this.ports.onProblem);
      }
    };
    await Promise.all(Array.from({ length: LOOKS_AT_ONCE }, next));
  }
}
