// Calls the published library as it is: one JSON line in for each call, one out with what it returned or threw.
'use strict'

const readline = require('node:readline')
const { getAccessToken } = require('uber-direct/auth')
const { DeliveriesClient, createDeliveriesClient } = require('uber-direct/deliveries')
const { OrganizationsClient, createOrganizationsClient } = require('uber-direct/organizations')

console.log = () => {} // the library prints what it throws; this channel is for answers

const clients = {}
const methodsOf = (kind) => Object.getOwnPropertyNames(kind.prototype).filter((name) => name !== 'constructor')

async function answer({ client, method, args }) {
  if (client === 'auth') {
    const token = await getAccessToken()
    clients.deliveries = createDeliveriesClient(token)
    clients.organizations = createOrganizationsClient(token)
    return token
  }
  if (client === 'methods') return { deliveries: methodsOf(DeliveriesClient), organizations: methodsOf(OrganizationsClient) }
  return clients[client][method](...args)
}

readline.createInterface({ input: process.stdin }).on('line', async (line) => {
  let said
  try {
    said = { value: await answer(JSON.parse(line)) }
  } catch (error) {
    const { status, code, metadata, message } = error
    said = { error: { status, code, metadata, message: String(message) } }
  }
  process.stdout.write(`${JSON.stringify(said)}\n`)
})
