/** A client certificate, demanded by accounts whose API access rules name a certificate authority. */
export interface ClientCertificate {
  /** PEM. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
}

/** Everything needed to talk to one account in one region, resolved from all sources. */
export interface Access {
  /** Base URL with its path (`https://api.eu-west-2.outscale.com/api/v1`), or `unix:/path/to/socket`. */
  readonly endpoint: string;
  readonly region: string;
  /** Base URL of the object storage (OOS) where it is another one than the region's own. */
  readonly storageEndpoint?: string | undefined;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly certificate?: ClientCertificate | undefined;
  readonly insecureSkipTlsVerify: boolean;
  /** The profile that was read, for the journal. */
  readonly profile?: string | undefined;
}
