import copy from '../statemachine/copy.asl.json' with { type: 'json' };
import transfer from '../statemachine/transfer.asl.json' with { type: 'json' };

/** The flows by the names that executions start them under. */
export const definitions: Readonly<Record<string, unknown>> = { copy, transfer };

/** What stands for `${…}` here: steps are called by their names, and of the cloud's furniture nothing is looked at. */
export function substitutionsFor(stepNames: readonly string[]): Readonly<Record<string, string>> {
  const none = 'none-on-this-machine';
  return {
    ...Object.fromEntries(stepNames.map((name) => [name, name])),
    TransferStateMachine: 'transfer',
    ControlBucket: 'data-directory',
    Cluster: none,
    TaskDefinition: 'task',
    SubnetOne: none,
    SubnetTwo: none,
    SecurityGroup: none,
  };
}
