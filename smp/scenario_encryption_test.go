package smp_test

var encryptionScenarios = []scenario{}
