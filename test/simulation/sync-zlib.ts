import { gunzipSync, gzipSync, type InputType, type ZlibOptions } from 'node:zlib';

/** Compression without the thread pool, whose order of completion is not the seed's to decide. */
type Answer = (error: Error | null, result?: Buffer) => void;

export function gzip(data: InputType, options: ZlibOptions, answer: Answer): void {
  answer(null, gzipSync(data, options));
}

export function gunzip(data: InputType, answer: Answer): void {
  let result: Buffer;
  try {
    result = gunzipSync(data);
  } catch (error) {
    return answer(error as Error);
  }
  answer(null, result);
}
