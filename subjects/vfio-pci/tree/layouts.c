// SPDX-License-Identifier: GPL-2.0-only
/* Of mlx5's driver, whose firmware is not here, the structs alone: how they are laid out can be asked for. */
#include <linux/mlx5/driver.h>

#include "../../../drivers/vfio/pci/mlx5/cmd.h"
#include "lab/op.h"

LAB_ROOT(struct mlx5vf_pci_core_device *, mlx5vf);
