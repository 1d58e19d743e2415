// Network Assistant for Junos in Azure: Container Apps, Azure SQL, and the bot's registration with Teams. There is no
// password in it: the bot is a managed identity towards Teams, the database, the vault and the registry.
//
// Written from the documented resource schemas and checked as far as that goes without Azure. It was never compiled by
// Bicep, nor deployed: try "az deployment group what-if" first. deploy/README.md has the steps.
//
// Container Apps rather than App Service: one replica that is not sent to sleep, identity and vault without an agent, a
// grace period for SIGTERM, and a subnet from which the devices are reached. What to know of it:
// - One process has the database: a second one is refused. A new revision is started before the old one is stopped, and
//   restarts until that has ended. Deactivate the old one first:
//     az containerapp revision deactivate --resource-group GROUP --name NAME --revision OLD
// - /app/var lives as long as the replica. It holds events that came while the database was away; those are lost when the
//   replica is replaced before it is back. SQLite cannot be kept on Azure Files, so "store: sqlite" is not for here.
// - The ingress does not look at paths: /healthz and /readyz answer everybody whether it is ready, and no more; /metrics is
//   for monitoring_networks. A gateway in front can pass /api/messages and /webhooks/junos alone.
targetScope = 'resourceGroup'

@description('Name of the container app and, with a suffix, of everything around it.')
@minLength(3)
@maxLength(16)
param name string = 'netassist'

@description('Where all of it is; the bot registration is global.')
param location string = resourceGroup().location

@description('Image with its tag or digest in the registry, such as network-assistant:0.1.0. Empty on the first run, which makes everything but the app, so that the vault and the database can be filled.')
param image string = ''

@description('Container registry of this resource group that holds the image.')
param registryName string

@description('Subnet of the container app: delegated to Microsoft.App/environments, with the service endpoint Microsoft.Sql, and a route to the devices.')
param subnetId string

@description('Administrator of the database: name of a user or group of Entra, who creates tables and users.')
param sqlAdminName string

@description('Its object id.')
param sqlAdminObjectId string

@description('User or Group.')
@allowed(['User', 'Group'])
param sqlAdminType string = 'Group'

@description('Address from which the tables are created, let through to the database. Empty: none, as it should be afterwards.')
param setupAddress string = ''

@description('Files of the configuration folder. Each is a secret of the vault, named like the file with - for . and _, such as junos-config-yaml.')
param configFiles string[] = ['assistant.yaml', 'devices.yaml', 'junos-config.yaml', 'secrets.yaml', 'known_hosts']

@description('Price tier of the bot registration: F0 is free, and enough for Teams.')
@allowed(['F0', 'S1'])
param botSku string = 'F0'

var suffix = uniqueString(resourceGroup().id, name)
var port = 3978
var masterPassword = 'master-password'
// Roles that every tenant has.
var keyVaultSecretsUser = '4633458b-17de-408a-b874-0445c86b69e6'
var acrPull = '7f951dda-4ed3-4680-a7ca-43fe172d538d'
var configItems = [
  for file in configFiles: {
    secretRef: replace(replace(file, '.', '-'), '_', '-')
    path: file
  }
]
var secretNames = concat(map(configItems, item => item.secretRef), [masterPassword])
var vaultSecrets = [
  for secret in secretNames: {
    name: secret
    // Of what is known when the deployment begins, as Bicep wants it here: the vault's own vaultUri is not.
    keyVaultUrl: 'https://${vault.name}${az.environment().suffixes.keyvaultDns}/secrets/${secret}'
    identity: identity.id
  }
]

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: '${name}-identity'
  location: location
}

resource logs 'Microsoft.OperationalInsights/workspaces@2022-10-01' = {
  name: '${name}-logs'
  location: location
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: 90
  }
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: take('${name}${suffix}', 24)
  location: location
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    enablePurgeProtection: true
  }
}

resource vaultAccess 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, identity.id, keyVaultSecretsUser)
  scope: vault
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', keyVaultSecretsUser)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

resource registry 'Microsoft.ContainerRegistry/registries@2023-07-01' existing = {
  name: registryName
}

resource registryAccess 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(registry.id, identity.id, acrPull)
  scope: registry
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', acrPull)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

resource sqlServer 'Microsoft.Sql/servers@2023-08-01' = {
  name: '${name}-${suffix}'
  location: location
  properties: {
    version: '12.0'
    minimalTlsVersion: '1.2'
    // What the rules below let through, and nobody else.
    publicNetworkAccess: 'Enabled'
    administrators: {
      administratorType: 'ActiveDirectory'
      azureADOnlyAuthentication: true
      login: sqlAdminName
      principalType: sqlAdminType
      sid: sqlAdminObjectId
      tenantId: tenant().tenantId
    }
  }
}

resource sqlFromApp 'Microsoft.Sql/servers/virtualNetworkRules@2023-08-01' = {
  parent: sqlServer
  name: 'app'
  properties: {
    virtualNetworkSubnetId: subnetId
  }
}

resource sqlFromSetup 'Microsoft.Sql/servers/firewallRules@2023-08-01' = if (!empty(setupAddress)) {
  parent: sqlServer
  name: 'setup'
  properties: {
    startIpAddress: setupAddress
    endIpAddress: setupAddress
  }
}

resource database 'Microsoft.Sql/servers/databases@2023-08-01' = {
  parent: sqlServer
  name: 'network_assistant'
  location: location
  // Not a serverless tier, which sleeps: an event would find it away.
  sku: {
    name: 'S0'
    tier: 'Standard'
  }
}

resource environment 'Microsoft.App/managedEnvironments@2024-03-01' = {
  name: '${name}-environment'
  location: location
  properties: {
    vnetConfiguration: {
      infrastructureSubnetId: subnetId
      internal: false
    }
    workloadProfiles: [
      {
        name: 'Consumption'
        workloadProfileType: 'Consumption'
      }
    ]
    appLogsConfiguration: {
      destination: 'log-analytics'
      logAnalyticsConfiguration: {
        customerId: logs.properties.customerId
        sharedKey: logs.listKeys().primarySharedKey
      }
    }
  }
}

resource app 'Microsoft.App/containerApps@2024-03-01' = if (!empty(image)) {
  name: name
  location: location
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  properties: {
    environmentId: environment.id
    workloadProfileName: 'Consumption'
    configuration: {
      activeRevisionsMode: 'Single'
      ingress: {
        external: true
        // Port 443, with a certificate; plain HTTP is sent there.
        allowInsecure: false
        targetPort: port
        transport: 'http'
        traffic: [
          {
            latestRevision: true
            weight: 100
          }
        ]
      }
      registries: [
        {
          server: registry.properties.loginServer
          identity: identity.id
        }
      ]
      secrets: vaultSecrets
    }
    template: {
      terminationGracePeriodSeconds: 15
      containers: [
        {
          name: 'assistant'
          image: '${registry.properties.loginServer}/${image}'
          resources: {
            cpu: json('0.5')
            memory: '1Gi'
          }
          env: [
            {
              name: 'MicrosoftAppType'
              value: 'UserAssignedMSI'
            }
            {
              name: 'MicrosoftAppId'
              value: identity.properties.clientId
            }
            {
              name: 'MicrosoftAppTenantId'
              value: identity.properties.tenantId
            }
            {
              name: 'MSSQL_SERVER'
              value: sqlServer.properties.fullyQualifiedDomainName
            }
            {
              name: 'MSSQL_DATABASE'
              value: database.name
            }
            {
              name: 'MSSQL_AUTHENTICATION'
              value: 'entra-msi'
            }
            {
              name: 'MSSQL_CLIENT_ID'
              value: identity.properties.clientId
            }
            {
              name: 'NETWORK_ASSISTANT_MASTER_PASSWORD_FILE'
              value: '/run/assistant/${masterPassword}'
            }
          ]
          // Not ready by /readyz: without its only replica the app would take no events, which it can keep meanwhile.
          probes: [
            {
              type: 'Startup'
              httpGet: {
                path: '/healthz'
                port: port
              }
              periodSeconds: 5
              failureThreshold: 24
            }
            {
              type: 'Liveness'
              httpGet: {
                path: '/healthz'
                port: port
              }
              periodSeconds: 30
              timeoutSeconds: 5
              failureThreshold: 3
            }
          ]
          volumeMounts: [
            {
              volumeName: 'config'
              mountPath: '/app/config'
            }
            {
              volumeName: 'credentials'
              mountPath: '/run/assistant'
            }
            {
              volumeName: 'var'
              mountPath: '/app/var'
            }
          ]
        }
      ]
      scale: {
        minReplicas: 1
        maxReplicas: 1
      }
      volumes: [
        {
          name: 'config'
          storageType: 'Secret'
          secrets: configItems
        }
        {
          name: 'credentials'
          storageType: 'Secret'
          secrets: [
            {
              secretRef: masterPassword
              path: masterPassword
            }
          ]
        }
        {
          name: 'var'
          storageType: 'EmptyDir'
        }
      ]
    }
  }
  dependsOn: [
    registryAccess
    vaultAccess
    sqlFromApp
  ]
}

resource bot 'Microsoft.BotService/botServices@2022-09-15' = {
  name: '${name}-${suffix}'
  location: 'global'
  kind: 'azurebot'
  sku: {
    name: botSku
  }
  properties: {
    displayName: 'Network Assistant'
    endpoint: 'https://${name}.${environment.properties.defaultDomain}/api/messages'
    msaAppType: 'UserAssignedMSI'
    msaAppId: identity.properties.clientId
    msaAppTenantId: identity.properties.tenantId
    msaAppMSIResourceId: identity.id
    disableLocalAuth: true
  }
}

resource teams 'Microsoft.BotService/botServices/channels@2022-09-15' = {
  parent: bot
  name: 'MsTeamsChannel'
  location: 'global'
  properties: {
    channelName: 'MsTeamsChannel'
    properties: {
      isEnabled: true
      acceptedTerms: true
    }
  }
}

@description('For the Teams app, and for the database user of the bot.')
output appId string = identity.properties.clientId

@description('CREATE USER takes this name.')
output identityName string = identity.name

@description('Where the secrets go.')
output vaultName string = vault.name

@description('MSSQL_SERVER for "db create".')
output sqlServerName string = sqlServer.properties.fullyQualifiedDomainName

@description('What devices send to.')
output webhookUrl string = 'https://${name}.${environment.properties.defaultDomain}/webhooks/junos'
