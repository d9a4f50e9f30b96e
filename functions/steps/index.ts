import { MigrationError } from '../../domain/errors.ts';
import { admitUndo } from './admit-undo.ts';
import { askAboutName, askForConsent, askQuarantine } from './ask-person.ts';
import { checkGate } from './check-gate.ts';
import { checkMigration } from './check-migration.ts';
import { checkRequest } from './check-request.ts';
import { checkReturn } from './check-return.ts';
import { checkUndo } from './check-undo.ts';
import { claimName } from './claim-name.ts';
import { applyConfiguration } from './configuration/apply-configuration.ts';
import { captureConfiguration } from './configuration/capture-configuration.ts';
import { createDestinationBucket } from './create-destination-bucket.ts';
import { createTemporaryBucket } from './create-temporary-bucket.ts';
import { deleteSource } from './delete-source.ts';
import { deleteTemporaryBucket } from './delete-temporary-bucket.ts';
import { finishJob, reportFailure } from './end-job.ts';
import { finishMigration } from './finish-migration.ts';
import { finishUndo } from './finish-undo.ts';
import { freezeSource } from './freeze-source.ts';
import { grantAccess } from './grant-access.ts';
import { withRemedy } from './job-failure.ts';
import { lookAtEmptiedSource } from './look-at-emptied-source.ts';
import { openTemporaryBucket } from './open-temporary-bucket.ts';
import { prepareDestinationBucket } from './prepare-destination-bucket.ts';
import { probeFreeze } from './probe-freeze.ts';
import { probeProtection } from './probe-protection.ts';
import { protectTemporaryBucket } from './protect-temporary-bucket.ts';
import { beginQuarantine, endQuarantine } from './quarantine.ts';
import { readConsent } from './read-consent.ts';
import { readPlan, readVerdict, TaskHaltedError } from './read-outcomes.ts';
import { revokeAccess } from './revoke-access.ts';
import { sealProof } from './seal-proof.ts';
import { settleAfterFailure } from './settle-after-failure.ts';
import type { StepPorts } from './step-ports.ts';
import { thawSource } from './thaw-source.ts';

export type { StepPorts } from './step-ports.ts';
export { runPreflight } from './preflight.ts';
export { revokeAccess } from './revoke-access.ts';
export { thawSource } from './thaw-source.ts';

/** A state that is a Lambda: what it is given and what it answers are the JSON of the flow. */
export type Step = (input: unknown, ports: StepPorts) => Promise<unknown>;

/** The flow checked the shape when it made the input; a step reads the fields that it names. */
const step =
  <Input, Output>(work: (input: Input, ports: StepPorts) => Promise<Output>): Step =>
  async (input, ports) => {
    try {
      return await work(input as Input, ports);
    } catch (error) {
      throw tellingRemedy(error);
    }
  };

/** Of an error a flow keeps the name and one text, so the remedy goes with the message. */
function tellingRemedy(error: unknown): unknown {
  if (!(error instanceof MigrationError) && !(error instanceof TaskHaltedError)) return error;
  if (error.remedy === '') return error;
  const told = new Error(withRemedy(error.message, error.remedy), { cause: error });
  told.name = error.name;
  return told;
}

/** The steps by the names that the flows call them. */
export const steps = {
  checkRequest: step(checkRequest),
  createDestinationBucket: step(createDestinationBucket),
  grantAccess: step(grantAccess),
  keepAccessGranted: step(grantAccess),
  revokeAccess: step(revokeAccess),
  readPlan: step(readPlan),
  readVerdict: step(readVerdict),
  lookAtEmptiedSource: step(lookAtEmptiedSource),
  deleteSource: step(deleteSource),
  claimName: step(claimName),
  prepareDestinationBucket: step(prepareDestinationBucket),
  checkReturn: step(checkReturn),
  beginQuarantine: step(beginQuarantine),
  endQuarantine: step(endQuarantine),
  openTemporaryBucket: step(openTemporaryBucket),
  deleteTemporaryBucket: step(deleteTemporaryBucket),
  finishMigration: step(finishMigration),
  settleAfterFailure: step(settleAfterFailure),
  checkUndo: step(checkUndo),
  finishUndo: step(finishUndo),
  finishJob: step(finishJob),
  reportFailure: step(reportFailure),
  captureConfiguration: step(captureConfiguration),
  applyConfiguration: step(applyConfiguration),
  checkMigration: step(checkMigration),
  freezeSource: step(freezeSource),
  probeFreeze: step(probeFreeze),
  thawSource: step(thawSource),
  admitUndo: step(admitUndo),
  createTemporaryBucket: step(createTemporaryBucket),
  protectTemporaryBucket: step(protectTemporaryBucket),
  probeProtection: step(probeProtection),
  sealProof: step(sealProof),
  askForConsent: step(askForConsent),
  readConsent: step(readConsent),
  checkGate: step(checkGate),
  askAboutName: step(askAboutName),
  askQuarantine: step(askQuarantine),
} satisfies Record<string, Step>;
