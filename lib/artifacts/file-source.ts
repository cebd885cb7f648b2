import { BucketFileConfig } from './bucket-file-options';
import { LateBoundValues } from '../boot/late-bound-values';
import { FileSource } from '../boot/node-document';

/** A file in a bucket as the node is told of it, under late-bound names that begin with this one. */
export function fileSource(values: LateBoundValues, name: string, file: BucketFileConfig): FileSource {
  return {
    bucket: values.value(`${name}Bucket`, file.bucketName),
    key: values.value(`${name}Key`, file.objectKey),
    ...(file.sha256 ? { sha256: file.sha256 } : {}),
  };
}
