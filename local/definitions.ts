import copy from '../statemachine/copy.asl.json' with { type: 'json' };
import migrate from '../statemachine/migrate.asl.json' with { type: 'json' };
import transfer from '../statemachine/transfer.asl.json' with { type: 'json' };
import undo from '../statemachine/undo.asl.json' with { type: 'json' };
import waitForName from '../statemachine/wait-for-name.asl.json' with { type: 'json' };

/** The flows by the names that executions start them under. */
export const definitions: Readonly<Record<string, unknown>> = {
  copy,
  transfer,
  migrate,
  undo,
  'wait-for-name': waitForName,
};

/** What stands for `${…}` here: steps are called by their names, and of the cloud's furniture nothing is looked at. */
export function substitutionsFor(stepNames: readonly string[]): Readonly<Record<string, string>> {
  const none = 'none-on-this-machine';
  return {
    ...Object.fromEntries(stepNames.map((name) => [name, name])),
    TransferStateMachine: 'transfer',
    WaitForNameStateMachine: 'wait-for-name',
    ControlBucket: 'data-directory',
    Cluster: none,
    TaskDefinition: 'task',
    SubnetOne: none,
    SubnetTwo: none,
    SecurityGroup: none,
  };
}
