// Sends what a published client library would send to the service it was written for to another host instead.
//
//   PEER_BASE=http://127.0.0.1:8080 NODE_OPTIONS="--require ./redirect.cjs" node your-programme.js
//
// The libraries have no setting for the host, so the two doors through which they leave Node are turned: `fetch`, and
// `https.request`. Nothing else of the programme changes, its keys excepted.
'use strict'

const http = require('node:http')
const https = require('node:https')

const HOSTS = new Set(['openapi.doordash.com', 'api.uber.com', 'login.uber.com', 'auth.uber.com'])
const base = new URL(process.env.PEER_BASE || 'http://127.0.0.1:8080')

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
