import { GRADES, type Grade } from '../../domain/evidence.ts';

/** How an object was proven equal, in words for somebody who signs for it. */
export const GRADE_WORDS: Readonly<Record<Grade, { title: string; meaning: string }>> = {
  A: { title: 'A: both sides read', meaning: 'The bytes of both objects were read and hashed in this job.' },
  B: {
    title: 'B: checksums',
    meaning:
      "The checksum that the source has stored equals the destination's, which S3 computed again during this job.",
  },
  C: { title: 'C: MD5 and size', meaning: 'Both objects are of one part, with equal MD5 ETags and equal sizes.' },
  D: { title: 'D: size only', meaning: 'Only the sizes are known to be equal. This is never accepted as proof.' },
};

export type GradeRow = Readonly<{ grade: Grade; title: string; meaning: string; count: number }>;
/** The grades that there are objects of. */
export const gradeRows = (grades: Readonly<Record<Grade, number>>): GradeRow[] =>
  GRADES.filter((grade) => grades[grade] > 0).map((grade) => ({ grade, ...GRADE_WORDS[grade], count: grades[grade] }));
