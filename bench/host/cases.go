package main

import (
	"ekuiper-websocket/bench/rig"
	"ekuiper-websocket/tests/e2e/kuiper"
)

// kase is one setting in which the sources are compared.
type kase struct {
	name        string
	payload     rig.Payload
	rule        rig.Rule
	connections int
	host        *kuiper.Host
	secure      bool
	guess       float64 // for the built-in's highest lossless rate
	ceiling     bool    // the generator is compared, too; it stands for one plain connection
	lengths
}

// makeCases varies one thing at a time. The base is JSON of 100 bytes, a filter that lets nothing pass, one connection,
// plain.
func (b *bench) makeCases(quick bool) ([]kase, error) {
	if err := b.plain.CreateSchema("protobuf", map[string]any{"name": "bench", "content": rig.Schema}); err != nil {
		return nil, err
	}
	json100, err := rig.JSON(b.dir, 100)
	if err != nil {
		return nil, err
	}
	base := kase{name: "base", payload: json100, rule: rig.Filter, connections: 1, host: b.plain, guess: 45000, lengths: b.times.base}
	base.ceiling = true
	cases := []kase{base}
	base.lengths = b.times.other
	add := func(name string, change func(*kase)) {
		k := base
		k.name = name
		change(&k)
		cases = append(cases, k)
	}
	for _, size := range []struct {
		bytes   int
		guess   float64
		lengths lengths
	}{{1024, 17000, b.times.other}, {16384, 2200, b.times.large}} {
		payload, err := rig.JSON(b.dir, size.bytes)
		if err != nil {
			return nil, err
		}
		add(payload.Name, func(k *kase) { k.payload, k.guess, k.lengths = payload, size.guess, size.lengths })
	}
	protobuf, err := rig.Protobuf(b.dir, "bench")
	if err != nil {
		return nil, err
	}
	binary, err := rig.Binary(b.dir, 100)
	if err != nil {
		return nil, err
	}
	add("TLS", func(k *kase) { k.host, k.secure, k.ceiling = b.secure, true, false })
	if !quick {
		add("protobuf", func(k *kase) { k.payload = protobuf })
	}
	add("binary", func(k *kase) { k.payload, k.rule, k.guess = binary, rig.FilterRaw, 80000 })
	if !quick {
		add("project", func(k *kase) { k.rule, k.ceiling = rig.Project, false })
		add("aggregate", func(k *kase) { k.rule, k.ceiling = rig.Aggregate, false })
		add("10 connections", func(k *kase) { k.connections, k.ceiling = 10, false })
	}
	add("1000 connections", func(k *kase) { k.connections, k.ceiling, k.guess = 1000, false, 40000 })
	return cases, nil
}
