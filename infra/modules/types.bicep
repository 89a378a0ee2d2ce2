// What main.bicep's optional parts take.

@export()
@description('A virtual network that holds the Function app, the workers and private endpoints of the storage account and the scheduler.')
type Network = {
  @description('The address space in CIDR notation, /23 or larger: three subnets of /25 are made in it.')
  addressPrefix: string
}

@export()
@description('A Durable Task Scheduler, instead of the storage account, as what Durable Functions keeps its state in.')
type Scheduler = {
  @description('Consumption is paid by the action, Dedicated by the capacity unit.')
  sku: 'Consumption' | 'Dedicated'

  @description('Capacity units, Dedicated only; 3 or more are spread over zones.')
  @minValue(1)
  @maxValue(3)
  capacity: int?

  @description('Which addresses may connect from outside of the network, in CIDR notation; absent for none, or for all if there is no network. The sign-in by identity is needed in any case.')
  @minLength(1)
  ipAllowlist: string[]?
}

@export()
@description('Containers that drain the training queue.')
type WorkerPool = {
  @description('The worker\'s image, with its tag or digest.')
  @minLength(1)
  image: string

  @description('The registry\'s server, if it is one that the worker\'s identity signs in to: give that identity AcrPull there. Absent for a public image.')
  registryServer: string?

  @description('What a replica runs on: a whole GPU of the serverless kind, or CPU cores only.')
  profile: 'Consumption-GPU-NC8as-T4' | 'Consumption-GPU-NC24-A100' | 'Consumption'

  @description('The most replicas at a time; there are none while the queue is empty.')
  @minValue(1)
  @maxValue(300)
  maxReplicas: int
}
