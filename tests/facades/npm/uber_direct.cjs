// The published library of Uber Direct, worked by a test: one JSON line in for each call, one out for each answer.
//
//   in   {"call": "getDelivery", "with": ["del_…"]}
//   out  {"answer": {…}}   or   {"thrown": {"name": …, "message": …, "status": …, "code": …, "metadata": …}}
'use strict'

const { createInterface } = require('node:readline')
const library = require('uber-direct')

// The library prints what it throws; standard output is for answers alone.
console.log = console.error

let token
const deliveries = (customer) => library.createDeliveriesClient(token, customer)
const organizations = () => library.createOrganizationsClient(token)

const own = {
  exported: () => Object.keys(library).sort(),
  methods: () => ({
    deliveries: methodsOf(library.DeliveriesClient),
    organizations: methodsOf(library.OrganizationsClient),
  }),
  signIn: async () => {
    token = await library.getAccessToken()
    return { token }
  },
  useToken: (other) => {
    token = other
    return {}
  },
}

function methodsOf(kind) {
  return Object.getOwnPropertyNames(kind.prototype)
    .filter((name) => name !== 'constructor')
    .sort()
}

async function called({ call, with: given, customer }) {
  if (call in own) return own[call](...given)
  const client = call in library.OrganizationsClient.prototype ? organizations() : deliveries(customer)
  return client[call](...given)
}

function told(error) {
  const { message, status, code, metadata } = error
  return { name: error.constructor.name, message: String(message), status, code, metadata }
}

async function serve() {
  for await (const line of createInterface({ input: process.stdin })) {
    const answer = await called(JSON.parse(line)).then(
      (answer) => ({ answer }),
      (error) => ({ thrown: told(error) }),
    )
    process.stdout.write(JSON.stringify(answer) + '\n')
  }
}

serve()
