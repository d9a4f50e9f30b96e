export type CallContext = Readonly<{ signal: AbortSignal; execution: string; state: string; attempt: number }>;

/** What state machines can call. A repeated call for the same attempt must be harmless: a crash causes one. */
export interface EngineResources {
  /**
   * `lambda:invoke`: returns the function's payload. What it throws fails the state under the error's name. When
   * `signal` aborts it has ten seconds to settle, then it is given up.
   */
  invokeFunction(call: { functionName: string; payload: unknown }, context: CallContext): Promise<unknown>;
  /**
   * `ecs:runTask.sync`: resolves with the task's description when it exited 0. Rejects with an error whose name is the
   * ASL error (`States.TaskFailed`) and whose `cause` is the text to give, for instance the task as JSON. On abort it
   * settles only when the task has been stopped.
   */
  runTask(
    args: Readonly<Record<string, unknown>>,
    context: CallContext & Readonly<{ heartbeat: () => void }>,
  ): Promise<unknown>;
  /** The lines of an object in JSON lines: texts, which are parsed, or values. Read again after a crash. */
  readItems(
    reader: { bucket: string; key: string },
    context: Readonly<{ signal: AbortSignal }>,
  ): AsyncIterable<unknown>;
}
