process.env.CDK_VALIDATION ??= 'false';
process.env.JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION = '1';
process.env.NODE_NO_WARNINGS = '1';
