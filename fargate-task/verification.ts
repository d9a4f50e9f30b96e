import type { Grade } from '../domain/evidence.ts';
import type { VerdictDocument } from '../domain/job-documents.ts';
import { toPercentForm } from '../domain/keys.ts';
import { decideVerdict, summariseVerdict, type VerificationCounts } from '../domain/verdict.ts';
import { DifferenceList } from './difference-list.ts';
import type { Content } from './key-contents.ts';
import type { Task } from './task-ports.ts';
import type { TransferSides } from './transfer-sides.ts';
import type { VerifiedContent, VerifiedKey } from './verify-keys.ts';

type Difference = 'missing' | 'differs' | 'unproven';

/** Adds up what verification says of each key, and lists what differs. */
export class Verification {
  readonly differences = new DifferenceList();
  private readonly task: Pick<Task, 'job' | 'reporter'>;
  private readonly route: TransferSides['route'];
  private readonly explained: ReadonlySet<string>;
  private readonly grades: Record<Grade, number> = { A: 0, B: 0, C: 0, D: 0 };
  private readonly sums = {
    sourceCount: 0,
    sourceBytes: 0,
    destinationCount: 0,
    verifiedCount: 0,
    attributesComparedCount: 0,
  };

  constructor(
    task: Pick<Task, 'job' | 'reporter'>,
    { route }: Pick<TransferSides, 'route'>,
    explained: ReadonlySet<string>,
  ) {
    this.task = task;
    this.route = route;
    this.explained = explained;
  }

  note({ key, verified, others }: VerifiedKey): void {
    for (const content of verified) this.noteContent(key, content);
    for (const content of others) this.noteExtra(content, key);
  }

  conclude(wasHalted: boolean): Omit<VerdictDocument, 'round' | 'startedAtMs' | 'finishedAtMs'> {
    const { missing, differs, extra, unproven } = this.differences.counts;
    const counts: VerificationCounts = {
      missingCount: missing,
      differsCount: differs,
      extraCount: extra,
      unprovenCount: unproven,
      explainedCount: this.differences.explainedCount,
      grades: { ...this.grades, D: unproven },
    };
    const { evidence } = this.task.job.request.options;
    const rule = { evidence, allowsExtra: this.route.allowsExtra, someShardWasHalted: wasHalted };
    const verdict = decideVerdict(counts, rule);
    return { ...this.sums, ...counts, verdict, summary: summariseVerdict(verdict, this.sums.verifiedCount, counts) };
  }

  private noteContent(key: string, { wanted, there, verdict }: VerifiedContent): void {
    if (verdict.kind === 'gone') return;
    const { sums } = this;
    sums.sourceCount += 1;
    sums.sourceBytes += wanted.sizeBytes;
    if (there) sums.destinationCount += 1;
    if (verdict.kind === 'equal' || verdict.kind === 'present') {
      if (verdict.kind === 'equal') this.grades[verdict.grade] += 1;
      sums.verifiedCount += 1;
    } else {
      this.differences.add(verdict.kind, wanted, key, verdict.detail, this.isExplained(verdict.kind, key));
    }
    if (verdict.kind !== 'present' && verdict.comparedAttributes) sums.attributesComparedCount += 1;
    this.showProgress(wanted.sizeBytes);
  }

  private noteExtra(content: Content, key: string): void {
    this.sums.destinationCount += 1;
    if (!this.route.allowsExtra) this.differences.add('extra', content, key, 'not at the source', true);
  }

  /** Where nothing is ever overwritten another round cannot change what differs, whoever put it there. */
  private isExplained(kind: Difference, key: string): boolean {
    return (kind === 'differs' && !this.route.replacesDifferent) || this.explained.has(toPercentForm(key));
  }

  private showProgress(sizeBytes: number): void {
    const { counts } = this.task.reporter;
    counts.copiedCount += 1;
    counts.copiedBytes += sizeBytes;
    counts.failedCount = this.differences.counts.missing + this.differences.counts.differs;
  }
}
