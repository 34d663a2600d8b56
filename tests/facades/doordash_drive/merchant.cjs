// A merchant's programme: one line of JSON in is one call of the published library, one line out is what it gave back.
'use strict'

const readline = require('node:readline')
const sdk = require('@doordash/sdk')

const clients = new Map()

function clientFor(keys) {
  const name = JSON.stringify(keys)
  if (!clients.has(name)) clients.set(name, new sdk.DoorDashClient(keys))
  return clients.get(name)
}

function className(error) {
  return Object.keys(sdk).find((name) => error.constructor === sdk[name]) ?? error.constructor.name
}

async function answer({ keys, call, args }) {
  try {
    return await clientFor(keys)[call](...args)
  } catch (error) {
    const { errorCode, message, fieldErrors } = error
    return { thrown: className(error), errorCode, message, fieldErrors }
  }
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(JSON.stringify(await answer(JSON.parse(line))) + '\n')
  }
}

main()
