package smp_test

var keyScenarios = []scenario{}
