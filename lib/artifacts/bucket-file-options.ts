/** Options of a file in a bucket. */
export interface BucketFileOptions {
  /**
   * SHA-256 checksum of the file, 64 hexadecimal digits.
   *
   * @default - the node reads it from the object of the same key with `.sha256` appended, as `sha256sum` writes it
   * (also in UTF-16 or with a byte order mark, as PowerShell writes it), and the boot fails where there is no such object
   */
  readonly sha256?: string;
}

/** Where the nodes get a file, and how they know that it is the right one. */
export interface BucketFileConfig {
  /** Name of the bucket. */
  readonly bucketName: string;
  /** Key of the object. */
  readonly objectKey: string;
  /**
   * Checksum of the file.
   *
   * @default - read from the `.sha256` object beside it
   */
  readonly sha256?: string;
}
