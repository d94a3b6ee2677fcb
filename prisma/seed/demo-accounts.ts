/** Accounts of the demonstration at the sandbox, made from the keys that it hands out. */
export type DemoAccount = { id: string; channelId: string; label: string; config: unknown; secrets: unknown };

type SandboxCredentials = {
  wechatPay: {
    mchid: string;
    appid: string;
    apiV3Key: string;
    merchantPrivateKeyPem: string;
    merchantSerial: string;
    platformPublicKeyPem: string;
    publicKeyId: string;
  };
  alipay: {
    appId: string;
    sellerId: string;
    appPrivateKeyPem: string;
    appCertificatePem: string;
    alipayPublicKeyPem: string;
    alipayCertificatePems: string[];
    alipayRootCertificatePem: string;
  };
  unionpay: {
    merId: string;
    certificatePem: string;
    privateKeyPem: string;
    rootCertificatePem: string;
    middleCertificatePem: string;
    signerName: string;
  };
};

/** Where a protocol knows two ways to check signatures, there is an account for each. */
export async function demoAccounts(sandboxUrl: string): Promise<DemoAccount[]> {
  const answer = await fetch(`${sandboxUrl}/control/credentials`);
  const { wechatPay, alipay, unionpay } = (await answer.json()) as SandboxCredentials;
  const wechatConfig = {
    mchId: wechatPay.mchid,
    appId: wechatPay.appid,
    certificateSerial: wechatPay.merchantSerial,
    h5: { type: 'Wap' },
    deviceIp: '127.0.0.1',
  };
  const wechatSecrets = { privateKeyPem: wechatPay.merchantPrivateKeyPem, apiV3Key: wechatPay.apiV3Key };
  const alipayConfig = { appId: alipay.appId, sellerId: alipay.sellerId };
  const alipaySecrets = { privateKeyPem: alipay.appPrivateKeyPem };
  return [
    {
      id: 'wx-main',
      channelId: 'wechat-pay',
      label: '主账户（公钥验签）',
      config: {
        ...wechatConfig,
        verification: {
          mode: 'public_key',
          keyId: wechatPay.publicKeyId,
          publicKeyPem: wechatPay.platformPublicKeyPem,
        },
      },
      secrets: wechatSecrets,
    },
    {
      id: 'wx-reserve',
      channelId: 'wechat-pay',
      label: '备用账户（证书验签）',
      config: { ...wechatConfig, verification: { mode: 'certificate' } },
      secrets: wechatSecrets,
    },
    {
      id: 'ali-main',
      channelId: 'alipay',
      label: '主账户（公钥验签）',
      config: { ...alipayConfig, verification: { mode: 'public_key', publicKeyPem: alipay.alipayPublicKeyPem } },
      secrets: alipaySecrets,
    },
    {
      id: 'ali-reserve',
      channelId: 'alipay',
      label: '备用账户（证书验签）',
      config: {
        ...alipayConfig,
        verification: {
          mode: 'certificate',
          appCertificatePem: alipay.appCertificatePem,
          alipayCertificatePems: alipay.alipayCertificatePems.slice(-5),
          alipayRootCertificatePem: alipay.alipayRootCertificatePem,
        },
      },
      secrets: alipaySecrets,
    },
    {
      id: 'up-main',
      channelId: 'unionpay',
      label: '主账户',
      config: {
        merId: unionpay.merId,
        certificatePem: unionpay.certificatePem,
        rootCertificatePem: unionpay.rootCertificatePem,
        middleCertificatePem: unionpay.middleCertificatePem,
        signerName: unionpay.signerName,
        frontUrl: `${sandboxUrl}/`,
      },
      secrets: { privateKeyPem: unionpay.privateKeyPem },
    },
  ];
}
