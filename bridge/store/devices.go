package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"localcast/bridge/media"
)

// Devices returns the remembered devices by topic name.
func (s *Store) Devices(ctx context.Context) ([]media.Device, error) {
	devices, err := s.readDevices(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the devices: %w", err)
	}
	return devices, nil
}

func (s *Store) readDevices(ctx context.Context) ([]media.Device, error) {
	rows, err := s.db.QueryContext(ctx,
		`SELECT topic, id, name, model, host, port, kind, capabilities, refused FROM device ORDER BY topic`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var devices []media.Device
	for rows.Next() {
		var d media.Device
		var capabilities, refused []byte
		if err := rows.Scan(&d.Topic, &d.ID, &d.Name, &d.Model, &d.Host, &d.Port, &d.Kind, &capabilities, &refused); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(capabilities, &d.Capabilities); err != nil {
			return nil, fmt.Errorf("capabilities of %s: %w", d.Topic, err)
		}
		if err := json.Unmarshal(refused, &d.Refused); err != nil {
			return nil, fmt.Errorf("refused formats of %s: %w", d.Topic, err)
		}
		devices = append(devices, d)
	}
	return devices, rows.Err()
}

// SaveDevice remembers a device under its topic name, in place of what was remembered there.
func (s *Store) SaveDevice(ctx context.Context, d media.Device) error {
	capabilities, err := json.Marshal(d.Capabilities)
	refused, err2 := json.Marshal(d.Refused)
	if err = errors.Join(err, err2); err == nil {
		err = s.write(ctx, true, func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.StmtContext(ctx, s.statements.putDevice).ExecContext(ctx,
				d.Topic, d.ID, d.Name, d.Model, d.Host, d.Port, d.Kind, string(capabilities), string(refused))
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("save the device %s: %w", d.Topic, err)
	}
	return nil
}

// ForgetDevice removes a device and its queue; one that is not remembered is no error.
func (s *Store) ForgetDevice(ctx context.Context, topic string) error {
	err := s.write(ctx, true, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.StmtContext(ctx, s.statements.deleteDevice).ExecContext(ctx, topic); err != nil {
			return err
		}
		_, err := tx.StmtContext(ctx, s.statements.deleteQueue).ExecContext(ctx, topic)
		return err
	})
	if err != nil {
		return fmt.Errorf("forget the device %s: %w", topic, err)
	}
	return nil
}
