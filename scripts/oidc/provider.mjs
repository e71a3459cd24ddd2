// An OpenID provider for tests, on 127.0.0.1 only. It is told what it is by lines of JSON on its input, the first of which
// starts it, and ends when its input does: when whoever started it stops it or dies. Each line is answered by one on its output.
//
//   {"accounts": {"ana": {"groups": ["..."]}}, "clients": [...], "clientClaims": {"robot": {...}}, "keys": [...private JWK...]}
//
// A later line replaces what it names: other keys are a rotation, other accounts are changed rights; `authentication` are the
// ways in which clients may say who they are. `requests` in each answer is how often the key set was fetched.
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

console.info = console.warn; // the output is for answers
const require = createRequire(`${process.cwd()}/`); // the packages are installed in the folder that it is started in
const { Provider } = await import(pathToFileURL(require.resolve('oidc-provider')));

const ADDRESS = '127.0.0.1';
const state = { accounts: {}, clients: [], clientClaims: {}, keys: [], authentication: null, port: 0 };
let keySets = 0;
let handle = null;
let adapter;

function provider(issuer) {
  const made = new Provider(issuer, {
    adapter,
    clients: state.clients,
    jwks: { keys: state.keys },
    cookies: { keys: ['only-for-tests-on-loopback'] },
    clientAuthMethods: state.authentication ?? ['client_secret_basic', 'client_secret_post', 'none'],
    claims: { openid: ['sub'], profile: ['preferred_username', 'groups'] },
    conformIdTokenClaims: false, // roles are in the id token, as most providers have them
    enabledJWA: { idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256'] },
    async findAccount(_ctx, sub) {
      const claims = state.accounts[sub];
      return claims && { accountId: sub, claims: async () => ({ sub, preferred_username: sub, ...claims }) };
    },
    async extraTokenClaims(_ctx, token) {
      return token.accountId ? state.accounts[token.accountId] : state.clientClaims[token.clientId];
    },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: async (_ctx, audience) => ({
          scope: 'twin', audience, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  });
  return made.callback();
}

const server = createServer((request, response) => {
  if (request.url === '/jwks') keySets += 1;
  handle(request, response);
});

async function listen() {
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(state.port, ADDRESS, resolve);
  });
  return `http://${ADDRESS}:${server.address().port}`;
}

class Memory { // what one provider has stored outlives a rotation of its keys
  static stored = new Map();
  constructor(name) { this.name = name; }
  key(id) { return `${this.name}:${id}`; }
  async upsert(id, payload, expiresIn) {
    const until = expiresIn ? Date.now() + expiresIn * 1000 : Infinity;
    Memory.stored.set(this.key(id), { payload, until });
  }
  async find(id) {
    const found = Memory.stored.get(this.key(id));
    return found && found.until > Date.now() ? found.payload : undefined;
  }
  async findBy(name, value) {
    for (const { payload } of Memory.stored.values()) if (payload[name] === value) return payload;
    return undefined;
  }
  async findByUid(uid) { return this.findBy('uid', uid); }
  async findByUserCode(code) { return this.findBy('userCode', code); }
  async consume(id) { (await this.find(id)).consumed = Math.floor(Date.now() / 1000); }
  async destroy(id) { Memory.stored.delete(this.key(id)); }
  async revokeByGrantId(grantId) {
    for (const [key, { payload }] of Memory.stored) if (payload.grantId === grantId) Memory.stored.delete(key);
  }
}
adapter = Memory;

let issuer;
for await (const line of createInterface({ input: process.stdin })) {
  Object.assign(state, JSON.parse(line));
  try {
    issuer ??= await listen();
    handle = provider(issuer);
    console.log(JSON.stringify({ issuer, requests: keySets }));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error) }));
  }
}
server.closeAllConnections();
server.close();
