from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from anxin.foundation.audit import triggers


def install(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Both tables: the older one learns to refuse TRUNCATE too."""
    triggers.install(editor.connection, "audit_entry", "audit_seal")


def remove(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    triggers.remove(editor.connection, "audit_seal")


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0002_append_only'),
    ]

    operations = [
        migrations.CreateModel(
            name='Seal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seq', models.PositiveIntegerField(unique=True, verbose_name='序号')),
                ('at', models.DateTimeField(verbose_name='时间')),
                ('first_entry', models.BigIntegerField(verbose_name='首条留痕编号')),
                ('last_entry', models.BigIntegerField(verbose_name='末条留痕编号')),
                ('entries', models.PositiveIntegerField(verbose_name='留痕条数')),
                ('manifest', models.BinaryField(verbose_name='封存清单')),
                ('root', models.CharField(max_length=64, verbose_name='封签根值')),
                ('previous', models.CharField(max_length=64, verbose_name='前一封签校验值')),
                ('digest', models.CharField(max_length=64, verbose_name='校验值')),
                ('algorithm', models.CharField(max_length=20, verbose_name='签名算法')),
                ('key', models.CharField(max_length=16, verbose_name='签名密钥编号')),
                ('signature', models.CharField(max_length=128, verbose_name='签名值')),
            ],
            options={
                'verbose_name': '封签',
                'verbose_name_plural': '封签',
            },
        ),
        migrations.RunPython(install, remove),
    ]
