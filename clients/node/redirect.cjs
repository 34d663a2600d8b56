// Sends what a published client library would send to the service it was written for to your installation instead.
//
//   PEER_BASE=https://delivery.example NODE_OPTIONS="--require /path/to/redirect.cjs" node your-programme.js
//
// The libraries have no setting for the host, so the two doors through which they leave Node are turned: `fetch`, and
// `https.request`. Nothing else of the programme changes, its keys excepted. See the README beside this file.
'use strict'

const http = require('node:http')
const https = require('node:https')
const { syncBuiltinESMExports } = require('node:module')

const HOSTS = new Set(['openapi.doordash.com', 'api.uber.com', 'login.uber.com', 'auth.uber.com'])
const base = baseOf(process.env.PEER_BASE)

// A programme that was meant for here must not send its orders there, so there is no default.
function baseOf(said) {
  if (/^https?:\/\//.test(said ?? '') && URL.canParse(said)) return new URL(said)
  throw new Error('redirect.cjs: set PEER_BASE to the address of your installation, https://delivery.example')
}

const fetchAsBefore = globalThis.fetch
globalThis.fetch = (target, options) => fetchAsBefore(turned(target), options)

function turned(target) {
  if (typeof target !== 'string' && !(target instanceof URL)) return target
  const url = new URL(target)
  return HOSTS.has(url.hostname) ? new URL(url.pathname + url.search, base) : target
}

const requestAsBefore = https.request
https.request = function request(options, ...rest) {
  if (!HOSTS.has(options?.hostname ?? options?.host)) return requestAsBefore.call(this, options, ...rest)
  // Agents belong to a protocol: those of the library would speak TLS to a server that may not.
  const { agent, agents, ...kept } = options
  const door = base.protocol === 'https:' ? requestAsBefore : http.request
  return door({ ...kept, protocol: base.protocol, hostname: base.hostname, host: base.host, port: base.port }, ...rest)
}

// `import { request } from 'node:https'` reads a copy.
syncBuiltinESMExports()
