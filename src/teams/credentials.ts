import { X509Certificate } from 'node:crypto';
import { ConfidentialClientApplication } from '@azure/msal-node';
import { ConfigurationServiceClientCredentialFactory } from 'botbuilder';
import {
  JwtTokenProviderFactory,
  ManagedIdentityServiceClientCredentialsFactory,
  MsalServiceClientCredentialsFactory,
  type ServiceClientCredentialsFactory,
} from 'botframework-connector';
import type { BotCredential, BotIdentity } from '../config/identity.ts';
import type { Cloud } from './cloud.ts';

type Application = ConstructorParameters<typeof MsalServiceClientCredentialsFactory>[1];

/** Measures one request; what it is for, and the answer's `status` or the error's. */
export type Around = <T>(operation: string, work: () => Promise<T>) => Promise<T>;

/**
 * How the bot gets its own tokens from Entra. Secret and certificate go the same way, over MSAL itself: the SDK's factory
 * for certificates knows the public cloud only, and the SHA-1 thumbprint.
 */
export function credentialsFor(identity: BotIdentity, cloud: Cloud, around: Around): ServiceClientCredentialsFactory {
  switch (identity.mode) {
    case 'local':
      return new ConfigurationServiceClientCredentialFactory({});
    case 'UserAssignedMSI':
      return new ManagedIdentityServiceClientCredentialsFactory(identity.appId, new JwtTokenProviderFactory());
    case 'SingleTenant': {
      const { appId, tenantId, credential } = identity;
      const application = new ConfidentialClientApplication({
        auth: { clientId: appId, authority: `${cloud.loginUrl}${tenantId}`, ...proofOf(credential) },
        system: cloud.network ? { networkClient: cloud.network } : {},
      });
      const acquire = application.acquireTokenByClientCredential.bind(application);
      // The SDK asks for it before its request to Teams begins, and there would be nothing to see of a refusal.
      application.acquireTokenByClientCredential = async (request) =>
        (await around('token', async () => ({ status: 200, result: await acquire(request) }))).result;
      // The SDK means the same class, out of the package's other build.
      return new MsalServiceClientCredentialsFactory(appId, application as unknown as Application);
    }
  }
}

function proofOf(credential: BotCredential) {
  if ('password' in credential) return { clientSecret: credential.password };
  const { certificate, privateKey } = credential.certificate;
  const thumbprintSha256 = new X509Certificate(certificate).fingerprint256.replaceAll(':', '').toLowerCase();
  // With the chain, which Entra needs where it was told an issuer and a name in place of one certificate.
  return { clientCertificate: { thumbprintSha256, privateKey, x5c: certificate } };
}
