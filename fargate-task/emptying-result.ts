import { jsonText, readVersioned } from '../domain/document-access.ts';
import { DocumentConflictError, type MigrationError } from '../domain/errors.ts';
import { paths, type EmptiedResult } from '../domain/job-documents.ts';
import { ShardTakenOverError } from './shard-checkpoint.ts';
import type { EmptyTask } from './task-ports.ts';

/** Attempts that take a part at the same instant; each loss means that another has it already. */
const TAKE_TRIES_MAX = 10;

/**
 * How far a part of the proof is emptied, as a document whose version is the fence: an attempt takes the part by
 * writing it, and one that has lost it deletes nothing more.
 */
export class EmptyingResult {
  value: EmptiedResult;
  private version: string;
  private readonly task: EmptyTask;

  private constructor(task: EmptyTask, value: EmptiedResult, version: string) {
    this.task = task;
    this.value = value;
    this.version = version;
  }

  static async take(task: EmptyTask, proof: number): Promise<EmptyingResult> {
    const { documents } = task.ports;
    const path = pathOf(task, proof);
    for (let tries = 0; tries < TAKE_TRIES_MAX; tries += 1) {
      const before = await readVersioned<EmptiedResult>(documents, path);
      const value = nextAttempt(task, proof, before?.value);
      try {
        const condition = before ? { ifVersion: before.version } : { ifAbsent: true as const };
        const { version } = await documents.write(path, jsonText(value), condition);
        return new EmptyingResult(task, value, version);
      } catch (error) {
        if (!(error instanceof DocumentConflictError)) throw error;
      }
    }
    throw new ShardTakenOverError(`other attempts keep taking part ${task.command.part}`);
  }

  /** Rejects with ShardTakenOverError when another attempt has the part. */
  async insist(): Promise<void> {
    const current = await this.task.ports.documents.read(pathOf(this.task, this.value.proof));
    if (current?.version !== this.version) throw this.takenOver();
  }

  async save(change: Partial<EmptiedResult>): Promise<void> {
    const value: EmptiedResult = { ...this.value, ...change, updatedAtMs: this.task.ports.clock.nowMs() };
    try {
      const path = pathOf(this.task, this.value.proof);
      const written = await this.task.ports.documents.write(path, jsonText(value), { ifVersion: this.version });
      this.version = written.version;
      this.value = value;
    } catch (error) {
      if (!(error instanceof DocumentConflictError)) throw error;
      throw this.takenOver();
    }
  }

  async halt(error: MigrationError): Promise<void> {
    await this.save({ halted: { error: error.name, message: error.message, remedy: error.remedy } });
  }

  private takenOver(): ShardTakenOverError {
    return new ShardTakenOverError(`another attempt has part ${this.value.part}`);
  }
}

const pathOf = ({ command }: EmptyTask, proof: number): string =>
  paths.emptied(command.jobId, command.bucket, proof, command.part);

/** What was removed stays counted; why something was not is told anew by each attempt. */
function nextAttempt({ command, ports }: EmptyTask, proof: number, before: EmptiedResult | undefined): EmptiedResult {
  const nowMs = ports.clock.nowMs();
  return {
    bucket: command.bucket,
    proof,
    part: command.part,
    attempt: (before?.attempt ?? 0) + 1,
    isDone: false,
    removedCount: before?.removedCount ?? 0,
    changedCount: 0,
    refusedCount: 0,
    startedAtMs: before?.startedAtMs ?? nowMs,
    updatedAtMs: nowMs,
  };
}
