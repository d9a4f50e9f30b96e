import { AccessDeniedError, TooManyFailuresError, type MigrationError } from '../domain/errors.ts';

const REFUSED_IN_A_ROW_MAX = 100;
/** S3 Batch Operations gives up at the same share: more than half of the first thousand. */
const FIRST_OBJECTS = 1000;
const FAILED_IN_A_ROW_MAX = 10;

/** Tells when going on would only repeat the same refusal or outage for every object that is left. */
export class CircuitBreaker {
  private seenCount = 0;
  private refusedCount = 0;
  private refusedInARow = 0;
  private failedInARow = 0;

  worked(): void {
    this.seenCount += 1;
    this.refusedInARow = 0;
    this.failedInARow = 0;
  }

  /** After an error that no retry changes: the error to stop with, once there are too many. */
  refused(error: unknown): MigrationError | undefined {
    this.seenCount += 1;
    this.failedInARow = 0;
    if (!(error instanceof AccessDeniedError)) {
      this.refusedInARow = 0;
      return undefined;
    }
    this.refusedCount += 1;
    this.refusedInARow += 1;
    const isMostOfThem = this.seenCount <= FIRST_OBJECTS && this.refusedCount > FIRST_OBJECTS / 2;
    if (this.refusedInARow < REFUSED_IN_A_ROW_MAX && !isMostOfThem) return undefined;
    return new TooManyFailuresError(
      `${this.refusedCount} of ${this.seenCount} objects were refused: ${error.message}`,
      {
        remedy: error.remedy || 'Give the source role what the refusals name, then redrive the job.',
        cause: error,
      },
    );
  }

  /** After an object that no patience could save: true when it is no longer about single objects. */
  gaveUp(): boolean {
    this.seenCount += 1;
    this.refusedInARow = 0;
    this.failedInARow += 1;
    return this.failedInARow >= FAILED_IN_A_ROW_MAX;
  }
}
